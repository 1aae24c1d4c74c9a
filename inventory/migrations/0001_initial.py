import datetime
import django.db.models.deletion
import django.db.models.expressions
import ordermgmt.money
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Bin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=24, verbose_name='code')),
                ('kind', models.CharField(choices=[('pick', 'Pick face'), ('bulk', 'Bulk'), ('stage', 'Staging (picked goods)'), ('receiving', 'Receiving'), ('quarantine', 'Quarantine'), ('damaged', 'Damaged')], default='pick', max_length=12, verbose_name='kind')),
                ('pick_sequence', models.PositiveIntegerField(default=0, verbose_name='pick sequence')),
                ('is_suspect', models.BooleanField(default=False, verbose_name='to be counted')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'ordering': ['pick_sequence', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('tax_class', models.CharField(default='standard', max_length=20, verbose_name='tax class')),
                ('brand', models.CharField(blank=True, max_length=80, verbose_name='brand')),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Warehouse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=120, verbose_name='company')),
                ('line1', models.CharField(blank=True, max_length=200, verbose_name='street')),
                ('line2', models.CharField(blank=True, max_length=200, verbose_name='street, continued')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='town')),
                ('region', models.CharField(blank=True, max_length=120, verbose_name='region')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                ('title', models.CharField(max_length=80, verbose_name='name')),
                ('time_zone', models.CharField(default='Europe/Stockholm', max_length=40, verbose_name='time zone')),
                ('cut_off', models.TimeField(default=datetime.time(14, 0), verbose_name='cut-off')),
                ('work_days', models.CharField(default='12345', max_length=7, verbose_name='working days')),
                ('observes_holidays', models.BooleanField(default=True, verbose_name='closed on public holidays')),
                ('daily_capacity', models.PositiveIntegerField(default=0, help_text='0 means no limit', verbose_name='orders a day')),
                ('priority', models.PositiveSmallIntegerField(default=10, help_text='Lower is asked first', verbose_name='priority')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'ordering': ['priority', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Sku',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('status', models.CharField(choices=[('active', 'Active'), ('discontinued', 'Discontinued')], default='active', max_length=14, verbose_name='state')),
                ('barcode', models.CharField(blank=True, max_length=14, null=True, unique=True, verbose_name='barcode (GTIN)')),
                ('weight_g', models.PositiveIntegerField(default=0, verbose_name='weight (g)')),
                ('length_mm', models.PositiveIntegerField(default=0, verbose_name='length (mm)')),
                ('width_mm', models.PositiveIntegerField(default=0, verbose_name='width (mm)')),
                ('height_mm', models.PositiveIntegerField(default=0, verbose_name='height (mm)')),
                ('origin_country', models.CharField(blank=True, max_length=2, verbose_name='country of origin')),
                ('hs_code', models.CharField(blank=True, max_length=12, verbose_name='customs code')),
                ('is_bundle', models.BooleanField(default=False, verbose_name='bundle')),
                ('tracks_lots', models.BooleanField(default=False, verbose_name='tracks lots')),
                ('max_per_order', models.PositiveIntegerField(blank=True, null=True, verbose_name='most per order')),
                ('image', models.FileField(blank=True, upload_to='skus/')),
                ('created_at', models.DateTimeField()),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skus', to='inventory.product')),
            ],
            options={
                'verbose_name': 'SKU',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='lot')),
                ('expires_on', models.DateField(blank=True, null=True, verbose_name='best before')),
                ('received_on', models.DateField(blank=True, null=True, verbose_name='received')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='CountTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=120, verbose_name='why')),
                ('opened_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('bin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='count_tasks', to='inventory.bin')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='count_tasks', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='BundleComponent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units')),
                ('bundle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='inventory.sku')),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='in_bundles', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='BinStock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.IntegerField(default=0, verbose_name='units')),
                ('allocated', models.IntegerField(default=0, verbose_name='set aside')),
                ('bin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock', to='inventory.bin')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bin_stock', to='inventory.lot')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bin_stock', to='inventory.sku')),
            ],
            options={
                'verbose_name_plural': 'bin stock',
            },
        ),
        migrations.CreateModel(
            name='SkuCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=48, unique=True, verbose_name='code')),
                ('quantity', models.PositiveIntegerField(default=1, verbose_name='units')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='SkuPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('amount', ordermgmt.money.MoneyField(decimal_places=4, max_digits=18, verbose_name='price, tax included')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on_hand', models.IntegerField(default=0, verbose_name='on hand')),
                ('unsaleable', models.IntegerField(default=0, verbose_name='not for sale')),
                ('allocated', models.IntegerField(default=0, verbose_name='promised')),
                ('safety', models.IntegerField(default=0, verbose_name='safety stock')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.sku')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('until', models.DateTimeField(db_index=True, verbose_name='until')),
                ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='inventory.stocklevel')),
            ],
        ),
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('kind', models.CharField(choices=[('received', 'Received'), ('put_away', 'Put away'), ('moved', 'Moved'), ('picked', 'Picked'), ('unpicked', 'Put back'), ('packed', 'Packed'), ('shipped', 'Shipped'), ('returned', 'Returned'), ('adjusted', 'Adjusted'), ('assembled', 'Assembled'), ('scrapped', 'Scrapped')], max_length=10, verbose_name='what')),
                ('quantity', models.IntegerField(verbose_name='units')),
                ('effect_key', models.CharField(max_length=100, unique=True)),
                ('transfer_key', models.CharField(blank=True, max_length=100)),
                ('document', models.CharField(blank=True, max_length=40, verbose_name='document')),
                ('reason', models.CharField(blank=True, max_length=120, verbose_name='reason')),
                ('actor', models.CharField(max_length=120, verbose_name='who')),
                ('actor_id', models.BigIntegerField(null=True)),
                ('device', models.CharField(blank=True, max_length=40, verbose_name='device')),
                ('bin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.bin')),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='inventory.stockmovement')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.lot')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.sku')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='ServedZone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('postcode_prefix', models.CharField(blank=True, max_length=10, verbose_name='postcode starts with')),
                ('transit_days', models.PositiveSmallIntegerField(default=2, verbose_name='transit days')),
                ('distance_rank', models.PositiveSmallIntegerField(default=10, help_text='Lower is nearer', verbose_name='distance rank')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='zones', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='Closure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('reason', models.CharField(blank=True, max_length=80, verbose_name='reason')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closures', to='inventory.warehouse')),
            ],
        ),
        migrations.AddField(
            model_name='bin',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bins', to='inventory.warehouse'),
        ),
        migrations.CreateModel(
            name='CountEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counted_at', models.DateTimeField()),
                ('counted', models.JSONField()),
                ('expected', models.JSONField()),
                ('device', models.CharField(blank=True, max_length=40)),
                ('voided_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='inventory.counttask')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('voided_at', None)), fields=('task', 'by'), name='one_count_a_person')],
            },
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.UniqueConstraint(fields=('sku', 'code'), name='lot_once'),
        ),
        migrations.AddConstraint(
            model_name='counttask',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True)), fields=('bin', 'sku'), name='one_open_count'),
        ),
        migrations.AddConstraint(
            model_name='bundlecomponent',
            constraint=models.UniqueConstraint(fields=('bundle', 'component'), name='component_once'),
        ),
        migrations.AddConstraint(
            model_name='bundlecomponent',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='component_has_units'),
        ),
        migrations.AddConstraint(
            model_name='bundlecomponent',
            constraint=models.CheckConstraint(condition=models.Q(('bundle', models.F('component')), _negated=True), name='bundle_not_itself'),
        ),
        migrations.AddConstraint(
            model_name='binstock',
            constraint=models.UniqueConstraint(fields=('bin', 'sku', 'lot'), name='one_bin_stock_per_lot'),
        ),
        migrations.AddConstraint(
            model_name='binstock',
            constraint=models.UniqueConstraint(condition=models.Q(('lot__isnull', True)), fields=('bin', 'sku'), name='one_bin_stock'),
        ),
        migrations.AddConstraint(
            model_name='binstock',
            constraint=models.CheckConstraint(condition=models.Q(('allocated__gte', 0), ('allocated__lte', models.F('quantity'))), name='bin_allocated_within_quantity'),
        ),
        migrations.AddConstraint(
            model_name='skucode',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='code_has_units'),
        ),
        migrations.AddConstraint(
            model_name='skuprice',
            constraint=models.UniqueConstraint(fields=('sku', 'currency'), name='one_price_per_currency'),
        ),
        migrations.AddConstraint(
            model_name='skuprice',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.UniqueConstraint(fields=('key', 'level'), name='one_reservation'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='reservation_of_units'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['warehouse', 'sku', '-id'], name='movement_level'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['sku', '-at', '-id'], name='movement_sku'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['bin', 'sku'], name='movement_bin'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(condition=models.Q(('kind', 'shipped')), fields=['document'], name='movement_shipped'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(condition=models.Q(('transfer_key', ''), _negated=True), fields=['transfer_key'], name='movement_transfer'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', 0), _negated=True), name='movement_moves'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'adjusted'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='adjustment_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.UniqueConstraint(fields=('warehouse', 'sku'), name='one_level'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('allocated__gte', 0)), name='level_allocated_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('unsaleable__gte', 0)), name='level_unsaleable_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('safety__gte', 0)), name='level_safety_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('allocated__lte', django.db.models.expressions.CombinedExpression(models.F('on_hand'), '-', models.F('unsaleable')))), name='level_allocated_within_saleable'),
        ),
        migrations.AddConstraint(
            model_name='servedzone',
            constraint=models.UniqueConstraint(fields=('warehouse', 'country', 'postcode_prefix'), name='zone_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'warehouse'), name='member_once'),
        ),
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.UniqueConstraint(fields=('warehouse', 'day'), name='closure_once'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(fields=('warehouse', 'code'), name='bin_once'),
        ),
    ]
